"""Measurements of a running installation, against which its promises are held.

In: recordings, and the address of a server. Out: figures with the machine and the load they were
taken under, as text and as JSON. Nothing here is needed to run the server.
"""
