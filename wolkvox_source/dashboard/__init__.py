"""The supervisor's page: what it asks of the readers' copy, what it makes of the answers, and how it is served.

`copy` opens the readers' copy, `answers` asks it, `attention`, `day` and `charts` think about the answers, `page` fills
the templates, `serving` gives them to a browser. Of ours it knows only the errors and the languages.
"""
