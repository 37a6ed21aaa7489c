-- Called by the reaper, when it had to step in.
INSERT INTO reaper_counts AS known (cause, total)
SELECT cause, count
FROM unnest(CAST(:causes AS text[]), CAST(:counts AS integer[])) AS found (cause, count)
ORDER BY cause
ON CONFLICT (cause) DO UPDATE
    SET total = known.total + excluded.total, last_at = clock_timestamp()
