"""The app packages in ``manifest/``: made from the catalogue, and checked by the vendor's rules.

``packages`` reads one, ``checks`` says what is wrong with it, ``making`` writes what is made, and
``zipping`` packs it. ``kinds`` joins these for each helpdesk.
"""
