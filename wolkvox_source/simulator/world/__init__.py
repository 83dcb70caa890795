"""The contact centre itself: its people, its days, its clock, and who may ask it."""
