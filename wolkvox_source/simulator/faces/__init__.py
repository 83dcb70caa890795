"""What wolkvox answers: a module for each of its files, and the table of their apis."""
