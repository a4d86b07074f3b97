using System.Collections;

namespace DaprShop.TestKit;

/// <summary>Waits for what becomes true soon, instead of sleeping for how long it might take.</summary>
public static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    /// <summary>Reads until the condition holds; after the deadline (2 min, for a busy machine) the failure shows the last value.</summary>
    public static async Task<T> Get<T>(Func<Task<T>> read, Func<T, bool> condition, TimeSpan? deadline = null)
    {
        using var timeout = new CancellationTokenSource(deadline ?? TimeSpan.FromMinutes(2));
        while (true)
        {
            var value = await read();
            if (condition(value))
            {
                return value;
            }

            if (timeout.IsCancellationRequested)
            {
                throw new TimeoutException($"The condition did not come true in time; the last value was: {Shown(value)}");
            }

            await Task.Delay(Interval, TimeProvider.System);
        }
    }

    public static Task<T> Get<T>(Func<T> read, Func<T, bool> condition, TimeSpan? deadline = null) =>
        Get(() => Task.FromResult(read()), condition, deadline);

    public static Task True(Func<bool> condition, TimeSpan? deadline = null) => Get(condition, value => value, deadline);

    private static string? Shown<T>(T value) =>
        value is IEnumerable items and not string ? $"[{string.Join(", ", items.Cast<object?>())}]" : value?.ToString();
}
