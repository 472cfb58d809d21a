// Compiled for its precompiled header only, which every layer reuses.
