"""Questions about films: planned and priced, asked through a chain of models, answered with the moments that prove it.

Example:
    >>> setup = WatchSetup(cutter=by_scenes(), folder=Path("steps"), budget=0.05)  # doctest: +SKIP
    >>> films, model = [Video("film.mp4")], load("openai:gpt-6-luna")  # doctest: +SKIP
    >>> print(*forecast(films, "Who opens the door?", model, setup).lines(), sep="; ")  # doctest: +SKIP
    >>> watch(films, "Who opens the door?", model, setup).evidence  # doctest: +SKIP
"""
