using System.Net.Sockets;

namespace Sidecar.Infra.Probes;

/// <summary>A question to a server over a connection of its own. No answer, half an answer and a late one all mean: not yet.</summary>
internal static class Probe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task<bool> AsksAsync(int port, Func<Stream, CancellationToken, Task<bool>> question, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            using var client = new TcpClient(AddressFamily.InterNetwork) { NoDelay = true };
            await client.ConnectAsync(ServerPlace.Host, port, deadline.Token);
            await using var stream = client.GetStream();
            return await question(stream, deadline.Token);
        }
        catch (Exception exception) when (exception is SocketException or IOException or InvalidDataException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
