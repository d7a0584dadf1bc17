/* services/writer/shell_script.c
 *
 * Lua 5.1 as Redis 6 and 7 have it. Entries are foreign bytes here, too: nothing is decoded, the
 * lease is found by its pattern at the end, which no other word can look like (model/ledger_line.h).
 */
#include "writer/script.h"

#include "model/ledger.h"

#define TEXT(number)    #number
#define TEXT_OF(number) TEXT(number)
#define LEASE_MAX_MS    TEXT_OF(LEDGER_LEASE_MAX_MS)

/* The token and the end of an entry's lease, nil if nobody has one; also of an entry in JSON. */
#define LEASE_OF                                                                                   \
        "local function lease_of(entry)\n"                                                         \
        "  if string.sub(entry, 1, 1) == '{' then\n"                                               \
        "    return string.match(entry, ',\"token\":\"([^\"]*)\",\"lease_until\":(%d+)}$')\n"      \
        "  end\n"                                                                                  \
        "  return string.match(entry, ' token=([^ ]+) lease_until=(%d+)\\n$')\n"                   \
        "end\n"

const struct redis_script script_begin = {
        .name = "begin",
        .text = LEASE_OF
        "if redis.call('HEXISTS', KEYS[1], '@') == 0 then return {'MISSING'} end\n"
        "local time = redis.call('TIME')\n"
        "local now = time[1] * 1000 + math.floor(time[2] / 1000)\n"
        "local current = redis.call('HGET', KEYS[1], ARGV[1]) or ''\n"
        "local token, lease = lease_of(current)\n"
        "local left = token and token ~= ARGV[5] and tonumber(lease) - now or 0\n"
        "if left > 0 and left <= " LEASE_MAX_MS " then\n"
        "  return {'BUSY', left}\n"
        "end\n"
        "if current ~= ARGV[3] then return {'STALE', current} end\n"
        "local fresh = string.format('%s token=%s lease_until=%.0f\\n',\n"
        "  string.sub(ARGV[4], 1, -2), ARGV[5], now + ARGV[6])\n"
        "redis.call('HSET', KEYS[1], ARGV[1], fresh)\n"
        "redis.call('ZADD', KEYS[4], ARGV[7], ARGV[1])\n"
        "return {'SEND', redis.call('HGET', KEYS[2], ARGV[2]) or '', redis.call('EXISTS', "
        "KEYS[3])}\n",
};

const struct redis_script script_finish = {
        .name = "finish",
        .text = LEASE_OF "local current = redis.call('HGET', KEYS[1], ARGV[1]) or ''\n"
                         "if lease_of(current) ~= ARGV[2] then return {'FENCED'} end\n"
                         "redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])\n"
                         "if ARGV[4] == '0' then redis.call('ZREM', KEYS[2], ARGV[1])\n"
                         "else redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1]) end\n"
                         "return {'OK'}\n",
};

const struct redis_script script_merge = {
        .name = "merge",
        .text = LEASE_OF "local current = redis.call('HGET', KEYS[1], ARGV[1]) or ''\n"
                         "if current ~= ARGV[2] then return {'STALE', current} end\n"
                         "redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])\n"
                         "if ARGV[4] ~= '0' then redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])\n"
                         "elseif not lease_of(current) then\n"
                         "  redis.call('ZREM', KEYS[2], ARGV[1])\n"
                         "end\n"
                         "return {'OK'}\n",
};

const struct redis_script script_position = {
        .name = "position",
        .text = "redis.call('HSET', KEYS[1], '~', ARGV[1])\n"
                "return {redis.call('HGET', KEYS[1], '@') or '',\n"
                "        redis.call('HGET', KEYS[2], 'writer_probe_at') or '',\n"
                "        redis.call('HGET', KEYS[2], 'writer_rejected_login') or ''}\n",
};

const struct redis_script script_note = {
        .name = "note",
        .text = "local current = redis.call('HGET', KEYS[1], '@')\n"
                "if ARGV[1] == '' and not current then return {'MISSING'} end\n"
                "if ARGV[1] ~= '' and redis.call('HGET', KEYS[1], '~') ~= ARGV[1] then return "
                "{'MISSING'} end\n"
                "local epoch, offset = string.match(current or '', "
                "'^{\"epoch\":(%d+),\"offset\":(-?%d+)}$')\n"
                "if not epoch or tonumber(epoch) < tonumber(ARGV[2]) or\n"
                "    (tonumber(epoch) == tonumber(ARGV[2]) and tonumber(offset) < "
                "tonumber(ARGV[3])) then\n"
                "  redis.call('HSET', KEYS[1], '@', ARGV[4])\n"
                "end\n"
                "return {'OK'}\n",
};

const struct redis_script script_sweep = {
        .name = "sweep",
        .text = "local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])\n"
                "local reply = {page[1]}\n"
                "for i = 1, #page[2], 2 do\n"
                "  local uuid = page[2][i]\n"
                "  local hex = string.gsub(uuid, '-', '')\n"
                "  if string.match(hex, '^%x+$') and #hex == 32 then\n"
                "    local bytes = string.gsub(hex, '%x%x', function (byte) "
                "return string.char(tonumber(byte, 16)) end)\n"
                "    reply[#reply + 1] = uuid\n"
                "    reply[#reply + 1] = page[2][i + 1]\n"
                "    reply[#reply + 1] = redis.call('HGET', KEYS[2], bytes) or ''\n"
                "  end\n"
                "end\n"
                "return reply\n",
};

const struct redis_script script_forget = {
        .name = "forget",
        .text = "local current = redis.call('HGET', KEYS[1], ARGV[1]) or ''\n"
                "if current ~= ARGV[2] then return {'STALE', current} end\n"
                "redis.call('HDEL', KEYS[1], ARGV[1])\n"
                "redis.call('ZREM', KEYS[2], ARGV[1])\n"
                "return {'OK'}\n",
};
