-- Lists some keys of the node that holds KEYS[1]: in a cluster a SCAN by itself goes to any node.
--   KEYS  what the keys begin with, with a hash tag
--   ARGV  the cursor, the pattern, about how many
--   gives the next cursor, and the keys
return redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
