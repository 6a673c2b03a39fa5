"""Features: what is measured of segments and of regions, one file a family."""
