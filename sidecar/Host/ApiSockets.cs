using System.Net.Sockets;
using System.Text;

namespace Sidecar.Host;

/// <summary>--unix-domain-socket: the two APIs as files of a directory, in place of their TCP ports (dapr-contract.md 1.1).</summary>
internal sealed record ApiSockets(string Directory, string AppId)
{
    // What every system takes, the zero at the end not counted.
    private const int LongestPath = 103;

    public string Http => Path.Combine(Directory, $"dapr-{AppId}-http.socket");

    public string Grpc => Path.Combine(Directory, $"dapr-{AppId}-grpc.socket");

    /// <summary>Null: the APIs are on TCP ports.</summary>
    public static ApiSockets? Of(SidecarOptions options) => options.UnixDomainSocket is { } directory ? new ApiSockets(directory, options.AppId) : null;

    /// <summary>What is wrong with them; null: nothing.</summary>
    public string? Check() => !System.IO.Directory.Exists(Directory) ? $"no such directory: {Directory}"
        : AppId.Contains('/', StringComparison.Ordinal) ? $"the app id '{AppId}' is in the name of the sockets and must not hold a slash"
        : Encoding.UTF8.GetByteCount(Grpc) > LongestPath ? $"the path of a socket may have {LongestPath} bytes, and {Grpc} has more; take a shorter directory"
        : null;

    /// <summary>Removes what a sidecar left that did not end by itself. Throws <see cref="IOException"/> when one serves there.</summary>
    public void Prepare()
    {
        foreach (var path in (string[])[Http, Grpc])
        {
            if (IsServed(path))
            {
                throw new IOException($"the socket {path} is in use by another process; end it, or give this sidecar another --unix-domain-socket directory");
            }

            File.Delete(path);
        }
    }

    /// <summary>For the owner alone: whoever may write to a socket may call the API.</summary>
    public void Restrict()
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Http, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.SetUnixFileMode(Grpc, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    public void Remove()
    {
        File.Delete(Http);
        File.Delete(Grpc);
    }

    private static bool IsServed(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
