using System.Security.Cryptography;
using System.Text;
using Sidecar.Clients.Redis;

namespace Sidecar.Components.State.Redis;

/// <summary>A Lua script over one key, called by its digest: the server keeps what it has seen once.</summary>
internal sealed class RedisScript
{
    private readonly string _digest;

    public RedisScript(string text)
    {
        Text = text;
#pragma warning disable CA5350 // The server names scripts by their SHA-1; nothing is protected by it.
        _digest = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5350
        Load = RedisCommand.Of("SCRIPT", "LOAD", text);
    }

    public string Text { get; }

    /// <summary>Sent ahead of calls whose NOSCRIPT nobody could cure any more, as inside a transaction.</summary>
    public RedisCommand Load { get; }

    public RedisCommand Call(string key, params ReadOnlySpan<RedisArgument> arguments) =>
        RedisCommand.Of(["EVALSHA", _digest, 1, key, .. arguments]);

    /// <summary>The reply, errors included; a server that does not know the script yet is given its text.</summary>
    public async Task<RespValue> RunAsync(RedisClient client, string key, RedisArgument[] arguments, CancellationToken cancellationToken)
    {
        var reply = await client.SendAsync(Call(key, arguments), cancellationToken);
        return reply.IsErrorOf("NOSCRIPT")
            ? await client.SendAsync(RedisCommand.Of(["EVAL", Text, 1, key, .. arguments]), cancellationToken)
            : reply;
    }
}
