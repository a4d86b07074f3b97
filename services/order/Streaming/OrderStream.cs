using System.Globalization;
using System.Text;
using System.Text.Json;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Order.Streaming;

/// <summary>Writes one order's changes to one listener, until the order is settled or the listener is gone.</summary>
internal sealed class OrderStream(HttpResponse response, FoundOrder found, OrderSignal signal, OrderStore orders, TimeProvider clock)
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private FoundOrder _found = found;

    /// <param name="sent">The newest version that the listener has.</param>
    public async Task RunAsync(long sent, CancellationToken cancellationToken)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        await WriteAsync(": connected\n\n", cancellationToken);
        while (true)
        {
            var (state, changed) = signal.Look();
            if (state!.Version > sent)
            {
                await LearnRecordAsync(state, cancellationToken);
                await WriteAsync(Events(state, sent), cancellationToken);
                sent = state.Version;
            }

            if (OrderTable.IsTerminal(state.Status))
            {
                return;
            }

            if (!await ChangesAsync(changed, cancellationToken))
            {
                await WriteAsync(": still here\n\n", cancellationToken);
            }
        }
    }

    /// <summary>
    /// Before its first step an order may be known from a log only, and two bodies that were sent with one key have an entry each. With the
    /// first step its record stands, and that is the order.
    /// </summary>
    private async Task LearnRecordAsync(OrderState state, CancellationToken cancellationToken)
    {
        if (_found.State is not null || state.Version == 1)
        {
            return;
        }

        try
        {
            _found = new FoundOrder(await orders.RequireAsync(state.OrderId, cancellationToken), state);
        }
        catch (DependencyUnavailableException)
        {
            // What the log said is the same but for that rare twin; the next change asks again.
            return;
        }
    }

    private string Events(OrderState state, long sent)
    {
        var text = new StringBuilder();
        foreach (var step in OrderHistory.After(_found.Order, state, sent))
        {
            var view = JsonSerializer.Serialize(OrderViews.Of(_found.Order, step), ShopJson.Documents);
            text.Append(CultureInfo.InvariantCulture, $"id: {step.Version}\nevent: order\ndata: {view}\n\n");
        }

        return text.ToString();
    }

    /// <returns>False: nothing changed for so long that a proxy may think the connection dead.</returns>
    private async Task<bool> ChangesAsync(Task changed, CancellationToken cancellationToken)
    {
        try
        {
            await changed.WaitAsync(Heartbeat, clock, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task WriteAsync(string text, CancellationToken cancellationToken)
    {
        await response.WriteAsync(text, cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }
}
