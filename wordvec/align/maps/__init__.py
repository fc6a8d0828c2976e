"""Maps between spaces: fitted to pairs, refined, saved, applied."""
