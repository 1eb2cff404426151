"""`bin/screens`: every screen in a real browser: pictures, accessibility, console, width.

An installation of its own is made in a folder that is removed again. It is looked at empty, then with people at work.
The pages come from the URL conf (`manage.py list_screens`), so a new one is covered by being there; what only appears
when somebody does something is described in `states`.
"""
