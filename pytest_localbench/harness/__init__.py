"""The only code (with plugin, options and hookspecs) that knows pytest."""
