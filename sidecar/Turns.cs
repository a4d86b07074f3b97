namespace Sidecar;

/// <summary>One piece of asynchronous work at a time, in the order in which it was asked for.</summary>
internal sealed class Turns : IDisposable
{
    private readonly SemaphoreSlim _free = new(1, 1);

    /// <param name="cancellationToken">Ends the wait for the turn; the work has a token of its own.</param>
    public async Task RunAsync(Func<Task> work, CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        try
        {
            await work();
        }
        finally
        {
            _free.Release();
        }
    }

    public void Dispose() => _free.Dispose();
}
