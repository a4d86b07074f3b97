using System.Text.Json;
using DaprShop.Contracts;
using DaprShop.Contracts.Events;
using DaprShop.Tests.Simulation.Bugs;
using DaprShop.Tests.Simulation.Engine;

namespace DaprShop.Tests.Simulation.Platform;

/// <summary>Publish and subscribe, at least once: twice now and then, in no order, alone or in batches, and again until somebody says that it was handled.</summary>
internal sealed class Broker(World world, Faults faults, Network network, PlantedBug bug)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>How long a lone event waits for company where events go in batches.</summary>
    private static readonly TimeSpan Company = TimeSpan.FromMilliseconds(50);

    /// <summary>As components/embedded/subscriptions.yaml has them.</summary>
    private static readonly Subscription[] Subscriptions =
    [
        new(Topics.Orders, AppIds.Notification, "/events/orders", InBatches: true, new()
        {
            [OrderConfirmed.Type] = "/events/orders-confirmed",
            [OrderCancelled.Type] = "/events/orders-cancelled",
            [OrderRefunded.Type] = "/events/orders-refunded",
        }),
        new(Topics.Payments, AppIds.Notification, "/events/payments", InBatches: true, new() { [PaymentRefunded.Type] = "/events/payments-refunded" }),
        new(Topics.Payments, AppIds.Order, "/events/payments", InBatches: false, new() { [PaymentRefunded.Type] = "/events/payments-refunded" }),
        new(Topics.Orders, AppIds.Order, "/events/orders", InBatches: false, new()
        {
            [OrderConfirmed.Type] = "/events/orders-confirmed",
            [OrderRefunded.Type] = "/events/orders-refunded",
        }),
    ];

    private readonly Dictionary<(Subscription, string Path), List<Message>> _batches = [];
    private int _entries;

    /// <summary>Deliveries that nobody has taken yet.</summary>
    public int Pending { get; private set; }

    /// <summary>Events that a subscriber called poison.</summary>
    public List<string> Dead { get; } = [];

    public void Publish(string topic, string type, string id, byte[] body)
    {
        world.Note("publish", $"{topic} {id}");
        var cloudEvent = JsonSerializer.SerializeToUtf8Bytes(new { id, type, data = JsonSerializer.Deserialize<JsonElement>(body) });
        foreach (var subscription in Subscriptions.Where(subscription => subscription.Topic == topic))
        {
            var path = subscription.Routes.GetValueOrDefault(type) ?? subscription.Default;
            var copies = bug.CopiesOf(type, subscription.App) ?? (faults.In(0.1) ? 2 : 1);
            for (var copy = 0; copy < copies; copy++)
            {
                Pending++;
                Deliver(new Message(subscription, path, id, cloudEvent, Attempt: 0));
            }
        }
    }

    private void Deliver(Message message)
    {
        // Overtaking is normal: no order is promised.
        var pause = message.Attempt == 0
            ? faults.Latency() * (faults.In(0.2) ? 100 : 2)
            : TimeSpan.FromMilliseconds(Math.Min(LongestPause.TotalMilliseconds, 100 << Math.Min(message.Attempt, 10)));
        world.After(pause, () =>
        {
            if (message.Subscription.InBatches)
            {
                Gather(message);
            }
            else
            {
                Send(message.Subscription, message.Path, message.Body, answer => Settle(message, Status(answer)));
            }
        });
    }

    private void Gather(Message message)
    {
        var place = (message.Subscription, message.Path);
        if (_batches.TryGetValue(place, out var open))
        {
            open.Add(message);
            return;
        }

        var batch = _batches[place] = [message];
        world.After(Company, () =>
        {
            _batches.Remove(place);
            var named = batch.Select(entry => (Id: $"e-{_entries++}", Message: entry)).ToList();
            Send(message.Subscription, message.Path, Envelope(named), answer =>
            {
                var statuses = Statuses(answer);
                named.ForEach(entry => Settle(entry.Message, statuses.GetValueOrDefault(entry.Id, "RETRY")));
            });
        });
    }

    private void Send(Subscription subscription, string path, byte[] body, Action<Response?> done) =>
        network.Send(subscription.App, Dependency.Delivery, new Request("POST", path, body), done);

    private void Settle(Message message, string status)
    {
        switch (status)
        {
            case "SUCCESS":
                Pending--;
                break;
            case "DROP":
                Dead.Add($"{message.Id} at {message.Subscription.App}");
                Pending--;
                break;
            default:
                Deliver(message with { Attempt = message.Attempt + 1 });
                break;
        }
    }

    private static byte[] Envelope(IEnumerable<(string Id, Message Message)> batch) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        type = "com.dapr.event.sent.bulk",
        entries = batch.Select(entry => new { entryId = entry.Id, @event = JsonSerializer.Deserialize<JsonElement>(entry.Message.Body) }),
    });

    private static Dictionary<string, string> Statuses(Response? response)
    {
        if (response is not { IsSuccess: true })
        {
            return [];
        }

        using var answer = JsonDocument.Parse(response.Body);
        return answer.RootElement.GetProperty("statuses").EnumerateArray().ToDictionary(
            entry => entry.GetProperty("entryId").GetString()!, entry => entry.GetProperty("status").GetString()!, StringComparer.Ordinal);
    }

    private static string Status(Response? response)
    {
        if (response is not { IsSuccess: true })
        {
            return "RETRY";
        }

        if (response.Body.IsEmpty)
        {
            return "SUCCESS";
        }

        using var answer = JsonDocument.Parse(response.Body);
        return answer.RootElement.GetProperty("status").GetString()!;
    }

    private sealed record Subscription(string Topic, string App, string Default, bool InBatches, Dictionary<string, string> Routes);

    private sealed record Message(Subscription Subscription, string Path, string Id, byte[] Body, int Attempt);
}
