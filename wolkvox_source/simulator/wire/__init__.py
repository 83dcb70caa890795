"""What goes over the wire, the sockets under it, and everything that can go wrong there."""
