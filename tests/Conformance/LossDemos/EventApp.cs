using System.Collections.Concurrent;
using System.Text.Json;
using DaprShop.Tests.Wire;

namespace DaprShop.Tests.LossDemos;

/// <summary>
/// An app that counts how often it was given each event, and how often at once. Like most apps it goes on working when
/// the sidecar stops waiting for its answer.
/// </summary>
internal sealed class EventApp : IAsyncDisposable
{
    private readonly ConcurrentQueue<(string Path, string Data)> _given = new();
    private readonly ConcurrentDictionary<string, int> _working = new();
    private int _mostAtOnce;

    private EventApp(FakeApp app) => App = app;

    public FakeApp App { get; }

    /// <summary>How long it works on each event.</summary>
    public TimeSpan Takes { get; init; }

    /// <summary>What it waits for, too, before it answers an event.</summary>
    public Task Until { get; init; } = Task.CompletedTask;

    /// <summary>How many handlers of one event ran at the same time, at most.</summary>
    public int MostAtOnce => Volatile.Read(ref _mostAtOnce);

    /// <param name="answer">Given the event's data and how often it came: the status of the answer.</param>
    public static async Task<EventApp> StartAsync(Func<string, int, int> answer, TimeSpan takes = default, Task? until = null)
    {
        var server = await FakeApp.StartAsync();
        var app = new EventApp(server) { Takes = takes, Until = until ?? Task.CompletedTask };
        server.Hold = app.WorkAsync;
        server.Answer = request => request.Method == "GET" ? new AppAnswer(404)
            : request.Target == "/dead" ? new AppAnswer(200)
            : AnswerOf(request, data => answer(data, app.TimesGiven(data)));
        return app;
    }

    public IReadOnlyList<string> GivenTo(string path) => [.. _given.Where(item => item.Path == path).Select(item => item.Data)];

    /// <summary>On its way to the app proper, not through the dead-letter topic.</summary>
    public int TimesGiven(string data) => _given.Count(item => item.Data == data && item.Path != "/dead");

    public ValueTask DisposeAsync() => App.DisposeAsync();

    /// <summary>What is in a request: one event, or the entries of a batch with their ids.</summary>
    private static List<(string? Entry, string Data)> EventsOf(AppRequest request)
    {
        using var document = JsonDocument.Parse(request.Text);
        return document.RootElement.TryGetProperty("entries", out var entries)
            ? [.. entries.EnumerateArray().Select(entry => (entry.GetProperty("entryId").GetString(), Data(entry.GetProperty("event"))))]
            : [(null, Data(document.RootElement))];

        static string Data(JsonElement cloudEvent) => cloudEvent.GetProperty("data").GetString()!;
    }

    /// <summary>A batch is answered entry by entry, in words for the status codes.</summary>
    private static AppAnswer AnswerOf(AppRequest request, Func<string, int> status)
    {
        var events = EventsOf(request);
        return events is [(null, var alone)]
            ? new AppAnswer(status(alone))
            : new AppAnswer(200, JsonSerializer.Serialize(new
            {
                statuses = events.Select(one => new
                {
                    entryId = one.Entry,
                    status = status(one.Data) switch
                    {
                        200 => "SUCCESS",
                        404 => "DROP",
                        _ => "RETRY",
                    },
                }),
            }));
    }

    private async Task WorkAsync(AppRequest request)
    {
        if (request.Method == "GET")
        {
            return;
        }

        var events = EventsOf(request);
        foreach (var (_, data) in events)
        {
            _given.Enqueue((request.Target, data));
            InterlockedMax(_working.AddOrUpdate(data, 1, (_, count) => count + 1));
        }

        await Task.Delay(Takes, TimeProvider.System);
        await Until;
        foreach (var (_, data) in events)
        {
            _working.AddOrUpdate(data, 0, (_, count) => count - 1);
        }
    }

    private void InterlockedMax(int atOnce)
    {
        for (var most = MostAtOnce; atOnce > most; most = MostAtOnce)
        {
            Interlocked.CompareExchange(ref _mostAtOnce, atOnce, most);
        }
    }
}
