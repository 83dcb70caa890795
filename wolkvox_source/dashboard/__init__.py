"""The dashboard's page: what it asks, how it draws the answers, and its words in two languages.

`answers` asks the readers' copy, `figures` draws, `sections` joins the two, `page` makes one file of it all.
The app in `notebooks/dashboard.py` puts filters before the same sections.
"""
