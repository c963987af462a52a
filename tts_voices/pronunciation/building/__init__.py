"""Makes and judges the files that the readers load: lexicons, taggers, letters to sounds."""
