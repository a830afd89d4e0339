"""Rules on the life cycle of models: how they are trained again, rolled out, watched and retired."""
