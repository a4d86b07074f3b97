using System.Collections.Concurrent;
using System.Text;
using DaprShop.TestKit;
using Sidecar.Components.PubSub;

namespace DaprShop.Tests.PubSub;

/// <summary>A handler that remembers what it was given, in order. Probes only show that the subscription is attached.</summary>
internal sealed class Recorder
{
    public const string Probe = "\u0001probe";

    private readonly ConcurrentQueue<IncomingMessage> _messages = new();
    private volatile bool _attached;

    /// <summary>Runs after a message was noted; throws to make the handler fail.</summary>
    public Func<string, CancellationToken, Task> Then { get; init; } = (_, _) => Task.CompletedTask;

    /// <summary>How long it waits for messages.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);

    public bool Attached => _attached;

    public IReadOnlyList<IncomingMessage> Messages => [.. _messages];

    public IReadOnlyList<string> Texts => [.. _messages.Select(Text)];

    public int Count => _messages.Count;

    public Task HandleAsync(IncomingMessage message, CancellationToken cancellationToken)
    {
        var text = Text(message);
        if (text == Probe)
        {
            _attached = true;
            return Task.CompletedTask;
        }

        _messages.Enqueue(message);
        return Then(text, cancellationToken);
    }

    public async Task<IReadOnlyList<string>> WaitForAsync(int count)
    {
        await Eventually.Get(() => Count, have => have >= count, Patience);
        return Texts;
    }

    private static string Text(IncomingMessage message) => Encoding.UTF8.GetString(message.Data.Span);
}
