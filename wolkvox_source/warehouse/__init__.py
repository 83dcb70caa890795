"""The warehouse: opened, held, read, loaded and copied; what is another in each vendor's stands here alone."""

# where everything is, unless it is told otherwise
PIPELINE = "wolkvox"
DATASET = "contact_center"
