using System.Threading.Channels;

namespace Sidecar.Reload;

/// <summary>When to look at the files: soon after they changed, and from time to time in case nobody told.</summary>
/// <param name="look">False: something could not be done yet, look again soon.</param>
internal sealed class ReloadLoop(ChannelReader<bool> changes, TimeSpan interval, TimeProvider clock, Func<CancellationToken, Task<bool>> look)
{
    /// <summary>So long nothing may have changed before the files are read: an editor writes in several steps.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    // Somebody who writes all the time must not keep the files from being read.
    private const int LongestUnrest = 10;

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var isSettled = true;
        while (true)
        {
            if (await ChangedAsync(isSettled ? interval : RetryInterval, cancellationToken))
            {
                for (var pause = 0; pause < LongestUnrest && await ChangedAsync(Quiet, cancellationToken);)
                {
                    pause++;
                }
            }

            isSettled = await look(cancellationToken);
        }
    }

    /// <summary>False: not within this time.</summary>
    private async Task<bool> ChangedAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(within, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await changes.ReadAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
