"""The script that Redis runs for every write: all comparisons first, then all changes.

Comparing first means that a key of the wrong type fails the script before anything is written.
"""

import hashlib

COMPARE_AND_SET = b"""
-- KEYS[i]; ARGV[1]: 1 for all or none; then per key: expected version, new record, ttl in ms or 0
local absent = string.rep('\\0', 8)
local version_of = {}
for i = 1, #KEYS do
  if not version_of[KEYS[i]] then
    local version = redis.call('GETRANGE', KEYS[i], 0, 7)
    version_of[KEYS[i]] = version == '' and absent or version
  end
end
local applied, stale = {}, 0
for i = 1, #KEYS do
  if version_of[KEYS[i]] == ARGV[3 * i - 1] then
    version_of[KEYS[i]] = string.sub(ARGV[3 * i], 1, 8)
    applied[i] = 1
  else
    stale = stale + 1
    applied[i] = 0
  end
end
for i = 1, #KEYS do
  if ARGV[1] == '1' and stale > 0 then
    applied[i] = 0
  elseif applied[i] == 1 then
    if ARGV[3 * i + 1] == '0' then
      redis.call('SET', KEYS[i], ARGV[3 * i])
    else
      redis.call('SET', KEYS[i], ARGV[3 * i], 'PX', ARGV[3 * i + 1])
    end
  end
end
return applied
"""
COMPARE_AND_SET_SHA1 = hashlib.sha1(COMPARE_AND_SET, usedforsecurity=False).hexdigest()
