using System.Threading.Channels;

namespace DaprShop.ServiceDefaults.Batching;

/// <summary>
/// So many may be at work at once; the others wait in the order they came. As a <see cref="SemaphoreSlim"/>, which wakes a waiter who may leave by way of
/// the thread pool: see <see cref="Detached"/>.
/// </summary>
public sealed class Places
{
    private readonly Channel<Place> _free = Channel.CreateUnbounded<Place>();

    public Places(int count)
    {
        for (var place = 0; place < count; place++)
        {
            Release();
        }
    }

    /// <summary>Who has waited successfully gives the place back by <see cref="Release"/>.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken) => await _free.Reader.ReadAsync(cancellationToken);

    public void Release() => _free.Writer.TryWrite(default);

    private readonly record struct Place;
}
