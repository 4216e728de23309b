"""One module or folder a provider; the registry names them, as "scheme:name", and nothing else imports them."""
