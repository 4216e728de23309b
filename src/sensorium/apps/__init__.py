"""Web apps: each takes the models that it shall use and is an ASGI application."""
