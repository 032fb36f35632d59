"""Why one profile is in an audience or not: `explanation.explain`."""
