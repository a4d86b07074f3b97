using System.Text.Json;
using DaprShop.Contracts;
using DaprShop.Contracts.Events;
using DaprShop.Tests.Simulation.Bugs;
using DaprShop.Tests.Simulation.Engine;

namespace DaprShop.Tests.Simulation.Platform;

/// <summary>Publish and subscribe, at least once: twice now and then, in no order, and again until somebody says that it was handled.</summary>
internal sealed class Broker(World world, Faults faults, Network network, PlantedBug bug)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>As components/embedded/subscriptions.yaml has them.</summary>
    private static readonly Subscription[] Subscriptions =
    [
        new(Topics.Orders, AppIds.Notification, "/events/unhandled", new()
        {
            [OrderConfirmed.Type] = "/events/orders-confirmed",
            [OrderCancelled.Type] = "/events/orders-cancelled",
            [OrderRefunded.Type] = "/events/orders-refunded",
        }),
        new(Topics.Payments, AppIds.Notification, "/events/unhandled", new() { [PaymentRefunded.Type] = "/events/payments-refunded" }),
        new(Topics.Payments, AppIds.Order, "/events/payments", new() { [PaymentRefunded.Type] = "/events/payments-refunded" }),
        new(Topics.Orders, AppIds.Order, "/events/orders", new()
        {
            [OrderConfirmed.Type] = "/events/orders-confirmed",
            [OrderRefunded.Type] = "/events/orders-refunded",
        }),
    ];

    /// <summary>Deliveries that nobody has taken yet.</summary>
    public int Pending { get; private set; }

    /// <summary>Events that a subscriber called poison.</summary>
    public List<string> Dead { get; } = [];

    public void Publish(string topic, string type, string id, byte[] body)
    {
        world.Note("publish", $"{topic} {id}");
        var cloudEvent = JsonSerializer.SerializeToUtf8Bytes(new { id, type, data = JsonDocument.Parse(body).RootElement });
        foreach (var subscription in Subscriptions.Where(subscription => subscription.Topic == topic))
        {
            var copies = bug.CopiesOf(type, subscription.App) ?? (faults.In(0.1) ? 2 : 1);
            for (var copy = 0; copy < copies; copy++)
            {
                Pending++;
                Deliver(subscription, type, id, cloudEvent, attempt: 0);
            }
        }
    }

    private void Deliver(Subscription subscription, string type, string id, byte[] cloudEvent, int attempt)
    {
        // Overtaking is normal: no order is promised.
        var pause = attempt == 0
            ? faults.Latency() * (faults.In(0.2) ? 100 : 2)
            : TimeSpan.FromMilliseconds(Math.Min(LongestPause.TotalMilliseconds, 100 << Math.Min(attempt, 10)));
        world.After(pause, () => network.Send(
            subscription.App,
            Dependency.Delivery,
            new Request("POST", subscription.Routes.GetValueOrDefault(type) ?? subscription.Default, cloudEvent),
            response =>
            {
                switch (Status(response))
                {
                    case "SUCCESS":
                        Pending--;
                        break;
                    case "DROP":
                        Dead.Add($"{id} at {subscription.App}");
                        Pending--;
                        break;
                    default:
                        Deliver(subscription, type, id, cloudEvent, attempt + 1);
                        break;
                }
            }));
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

    private sealed record Subscription(string Topic, string App, string Default, Dictionary<string, string> Routes);
}
