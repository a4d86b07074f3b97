using System.Threading.Channels;

namespace Sidecar.Components.PubSub.InMemory;

/// <summary>Handles one message after the other, or as many at once as the handler gathers; those behind wait here.</summary>
internal sealed partial class InMemorySubscription : IAsyncDisposable
{
    private readonly MessageHandler _handler;
    private readonly Action<InMemorySubscription> _ended;
    private readonly ILogger _logger;
    private readonly Channel<IncomingMessage> _messages = Channel.CreateUnbounded<IncomingMessage>();
    private readonly HandlerWindow _window;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stopToken;
    private readonly Task _running;

    public InMemorySubscription(SubscribeRequest request, MessageHandler handler, Action<InMemorySubscription> ended, ILogger logger)
    {
        (Topic, _handler, _ended, _logger) = (request.Topic, handler, ended, logger);
        _window = new HandlerWindow(request.Gathers);
        _stopToken = _stopping.Token;
        _running = RunAsync();
    }

    public string Topic { get; }

    public bool Takes(string topic) => topic == Topic
        || (Topic.EndsWith('*') && topic.Length >= Topic.Length && topic.StartsWith(Topic[..^1], StringComparison.Ordinal));

    public void Enqueue(IncomingMessage message) => _messages.Writer.TryWrite(message);

    /// <summary>The message in hand is finished; those behind it are gone, as daprd's are.</summary>
    public async ValueTask DisposeAsync()
    {
        _ended(this);
        if (_messages.Writer.TryComplete())
        {
            await _stopping.CancelAsync();
            await _running;
            _stopping.Dispose();
        }
        else
        {
            await _running;
        }
    }

    private async Task RunAsync()
    {
        await foreach (var message in _messages.Reader.ReadAllAsync(CancellationToken.None))
        {
            await _window.AddAsync(() => HandleAsync(message), CancellationToken.None);
        }

        await _window.DrainAsync();
    }

    private async Task HandleAsync(IncomingMessage message)
    {
        if (_stopToken.IsCancellationRequested)
        {
            return;
        }

        try
        {
            await _handler(message, CancellationToken.None);
        }
#pragma warning disable CA1031 // The handler is the whole way to the app; daprd logs what goes wrong there and goes on.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogLost(_logger, Topic, failure);
        }
    }

    [LoggerMessage(LogLevel.Error, "The handler of topic {Topic} failed and the message is lost")]
    private static partial void LogLost(ILogger logger, string topic, Exception failure);
}
