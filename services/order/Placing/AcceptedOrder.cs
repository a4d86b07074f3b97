using System.Buffers;
using System.Text.Json;
using DaprShop.Contracts;
using DaprShop.Contracts.Inventory;
using DaprShop.Order.Orders;

namespace DaprShop.Order.Placing;

/// <summary>
/// The 202 of an order as it was placed, whatever has become of it since. By hand, because it is the answer to every order of a sale: the same
/// JSON as of <see cref="OrderViews.Of"/> without the objects in between, in one write of known length.
/// </summary>
internal sealed class AcceptedOrder(OrderContent order) : IResult
{
    private const int UsualLength = 1024;
    private const int Version = 1;
    private const string ETag = "\"1\"";

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        var path = OrderViews.Path(order.OrderId);
        var body = new ArrayBufferWriter<byte>(UsualLength);
        await using (var writer = new Utf8JsonWriter(body))
        {
            Write(writer, path);
        }

        var response = httpContext.Response;
        response.StatusCode = StatusCodes.Status202Accepted;
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = body.WrittenCount;
        response.Headers.ETag = ETag;
        response.Headers.Location = path;
        await response.Body.WriteAsync(body.WrittenMemory, httpContext.RequestAborted);
    }

    private void Write(Utf8JsonWriter writer, string path)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, order.OrderId);
        writer.WriteString("status"u8, nameof(OrderStatus.Reserved));
        writer.WriteStartArray("items"u8);
        foreach (var line in order.Lines)
        {
            writer.WriteStartObject();
            writer.WriteString("sku"u8, line.Sku);
            writer.WriteNumber("quantity"u8, line.Quantity);
            Write(writer, "unitPrice"u8, line.UnitPrice);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        Write(writer, "total"u8, order.Total);
        writer.WriteNumber("version"u8, Version);
        writer.WriteString("createdAt"u8, order.CreatedAt.UtcDateTime);
        writer.WriteNull("payBefore"u8);
        writer.WriteNull("cancelReason"u8);
        writer.WriteStartObject("payment"u8);
        writer.WriteString("status"u8, "Pending"u8);
        writer.WriteNull("paymentId"u8);
        writer.WriteEndObject();
        writer.WriteStartObject("links"u8);
        writer.WriteString("self"u8, path);
        writer.WriteString("events"u8, $"{path}/events");
        writer.WriteString("cancel"u8, $"{path}/cancel");
        writer.WriteEndObject();
        if (order.PricesAsOf is { } asOf)
        {
            writer.WriteString("pricesAsOf"u8, asOf.UtcDateTime);
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> name, Money money)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("amount"u8, money.Amount);
        writer.WriteString("currency"u8, money.Currency);
        writer.WriteEndObject();
    }
}
