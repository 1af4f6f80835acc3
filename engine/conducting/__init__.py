"""Asking for conducted runs, from anywhere that reaches the broker.

The folder is not called ``conduct``, because a submodule of that name would hide the function.
"""
