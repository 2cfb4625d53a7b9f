"""Where bytes come from: one catalogue of assets, one way to fetch them, one record of origin."""
