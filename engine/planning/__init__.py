"""What :mod:`umbel.engine.plan` is made of: the old run, what is wished of it, and what comes of that."""
