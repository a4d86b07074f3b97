using System.Collections.Concurrent;
using System.Text;
using DaprShop.TestKit;
using Sidecar.Components.PubSub;

namespace DaprShop.Tests.PubSub;

/// <summary>A handler that remembers what it was given, in order.</summary>
internal sealed class Recorder
{
    private readonly ConcurrentQueue<IncomingMessage> _messages = new();

    /// <summary>Runs after a message was noted; throws to make the handler fail.</summary>
    public Func<string, CancellationToken, Task> Then { get; init; } = (_, _) => Task.CompletedTask;

    public IReadOnlyList<IncomingMessage> Messages => [.. _messages];

    public IReadOnlyList<string> Texts => [.. _messages.Select(message => Encoding.UTF8.GetString(message.Data.Span))];

    public Task HandleAsync(IncomingMessage message, CancellationToken cancellationToken)
    {
        _messages.Enqueue(message);
        return Then(Encoding.UTF8.GetString(message.Data.Span), cancellationToken);
    }

    public Task<IReadOnlyList<string>> WaitForAsync(int count) => Eventually.Get(() => Texts, texts => texts.Count >= count);
}
