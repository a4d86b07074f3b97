using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Text;

namespace DaprShop.Benchmarks.Drivers;

/// <summary>Messages with a number, and who waits for which of them to be handled.</summary>
internal sealed class Arrivals
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    // Also inside a CloudEvent: none of its own members has this name.
    private static readonly byte[] Member = "\"benchNumber\":"u8.ToArray();
    private static readonly string Padding = new('x', 150);

    private readonly ConcurrentDictionary<long, TaskCompletionSource> _awaited = new();
    private long _last;

    public static string Message(long number) => $$"""{"benchNumber":{{number}},"padding":"{{Padding}}"}""";

    /// <summary>Publishes one message and waits until it was handled.</summary>
    public async Task RoundTripAsync(Func<string, Task> publish)
    {
        var number = Interlocked.Increment(ref _last);
        var arrived = _awaited[number] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await publish(Message(number));
        await arrived.Task.WaitAsync(Deadline);
    }

    /// <summary>What the handler does; one that nobody waits for (any more) is let pass.</summary>
    public void Arrived(ReadOnlySpan<byte> message)
    {
        var at = message.IndexOf(Member);
        if (at >= 0 && Utf8Parser.TryParse(message[(at + Member.Length)..], out long number, out _) && _awaited.TryRemove(number, out var waiting))
        {
            waiting.SetResult();
        }
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
