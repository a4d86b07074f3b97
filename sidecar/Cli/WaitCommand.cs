namespace Sidecar.Cli;

/// <summary><c>daprd --wait</c>: starts nothing; ends once another sidecar's outbound APIs answer on this machine.</summary>
internal static class WaitCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(int port, TimeProvider clock)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = CallLimit };
        var address = new Uri($"http://127.0.0.1:{port}/v1.0/healthz/outbound");
        var started = clock.GetTimestamp();
        var last = "";
        while (clock.GetElapsedTime(started) < Patience)
        {
            try
            {
                using var answer = await http.GetAsync(address);
                if (answer.IsSuccessStatusCode)
                {
                    return ExitCode.Success;
                }

                last = $"it answers {(int)answer.StatusCode}";
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
            {
                last = exception.Message;
            }

            await Task.Delay(Pause, clock);
        }

        await Console.Error.WriteLineAsync($"error: {address} was not ready within {Patience.TotalSeconds:0} s: {last}");
        return ExitCode.NotReady;
    }
}
