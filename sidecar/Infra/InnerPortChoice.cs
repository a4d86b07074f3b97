using Sidecar.Launcher;

namespace Sidecar.Infra;

/// <summary>
/// Ports for what serves a server. They lie below the range from which Linux serves outgoing connections: such a connection
/// may take a port there between its choice and its use.
/// </summary>
internal sealed class InnerPortChoice(int seed)
{
    private const int First = 30_000;
    private const int Count = 2_768;

    private int _next = (int)((uint)seed % Count);

    /// <summary>The wish, when it is free; else any free one.</summary>
    public int Next(int? wish)
    {
        if (wish is { } wished && PortChoice.IsFree(wished))
        {
            return wished;
        }

        for (var tried = 0; tried < Count; tried++)
        {
            var port = First + (_next++ % Count);
            if (PortChoice.IsFree(port))
            {
                return port;
            }
        }

        throw new InvalidOperationException($"none of the ports {First} to {First + Count - 1} is free");
    }
}
