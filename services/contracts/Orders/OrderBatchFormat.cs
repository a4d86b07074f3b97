using System.Buffers;

namespace DaprShop.Contracts.Orders;

/// <summary>
/// The bytes of a batch of orders and of its answers, so that no body is escaped, parsed or copied into another on its way. Both begin with
/// the version and the number of entries (one byte, then two). Integers are big-endian; a text is UTF-8 behind its length (two bytes, 0: none),
/// a body is bytes behind their length (four bytes).
/// <list type="bullet">
/// <item>order: path, user, role, key, trace parent, body</item>
/// <item>answer, at the place of its order: status (two bytes), content type, location, entity tag, retry-after, replayed (one byte, 0 or 1), sold-out pool, body</item>
/// </list>
/// </summary>
public static class OrderBatchFormat
{
    public const string ContentType = "application/vnd.daprshop.orders";

    private const byte Version = 1;
    private const int UsualOrder = 512;
    private const int UsualAnswer = 1024;

    public static ReadOnlyMemory<byte> WriteOrders(IReadOnlyList<PassedOrder> orders)
    {
        ArgumentNullException.ThrowIfNull(orders);
        var buffer = new ArrayBufferWriter<byte>(UsualOrder * (orders.Count + 1));
        var writer = new FrameWriter(buffer);
        writer.Byte(Version);
        writer.Short(orders.Count);
        foreach (var order in orders)
        {
            writer.Text(order.Path);
            writer.Text(order.UserId);
            writer.Text(order.Role);
            writer.Text(order.Key);
            writer.Text(order.TraceParent);
            writer.Bytes(order.Body.Span);
        }

        return buffer.WrittenMemory;
    }

    /// <returns>The orders; their bodies are parts of <paramref name="batch"/>.</returns>
    /// <exception cref="FormatException">These are not the bytes of orders, or of another version.</exception>
    public static IReadOnlyList<PassedOrder> ReadOrders(ReadOnlyMemory<byte> batch)
    {
        var reader = new FrameReader(batch);
        var orders = new PassedOrder[Begin(ref reader)];
        PassedOrder? last = null;
        for (var index = 0; index < orders.Length; index++)
        {
            orders[index] = last = new PassedOrder(
                reader.Text(last?.Path), reader.Text(last?.UserId), reader.Text(last?.Role), reader.Text(last?.Key), reader.Text(last?.TraceParent), reader.Bytes());
        }

        reader.RequireEnd();
        return orders;
    }

    public static ReadOnlyMemory<byte> WriteAnswers(IReadOnlyList<OrderAnswer> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        var buffer = new ArrayBufferWriter<byte>(UsualAnswer * (answers.Count + 1));
        var writer = new FrameWriter(buffer);
        writer.Byte(Version);
        writer.Short(answers.Count);
        foreach (var answer in answers)
        {
            writer.Short(answer.Status);
            writer.Text(answer.ContentType);
            writer.Text(answer.Location);
            writer.Text(answer.ETag);
            writer.Text(answer.RetryAfter);
            writer.Byte(answer.Replayed ? (byte)1 : (byte)0);
            writer.Text(answer.SoldOutPool);
            writer.Bytes(answer.Body.Span);
        }

        return buffer.WrittenMemory;
    }

    /// <returns>The answers; their bodies are parts of <paramref name="batch"/>.</returns>
    /// <exception cref="FormatException">These are not the bytes of answers, or of another version.</exception>
    public static IReadOnlyList<OrderAnswer> ReadAnswers(ReadOnlyMemory<byte> batch)
    {
        var reader = new FrameReader(batch);
        var answers = new OrderAnswer[Begin(ref reader)];
        OrderAnswer? last = null;
        for (var index = 0; index < answers.Length; index++)
        {
            answers[index] = last = new OrderAnswer(
                reader.Short(),
                reader.Text(last?.ContentType),
                reader.OptionalText(last?.Location),
                reader.OptionalText(last?.ETag),
                reader.OptionalText(last?.RetryAfter),
                reader.Byte() == 1,
                reader.OptionalText(last?.SoldOutPool),
                reader.Bytes());
        }

        reader.RequireEnd();
        return answers;
    }

    /// <returns>How many entries follow.</returns>
    private static int Begin(ref FrameReader reader)
    {
        var version = reader.Byte();
        if (version != Version)
        {
            throw new FormatException($"The batch is of version {version}; this one reads version {Version}.");
        }

        var count = reader.Short();
        return count is > 0 and <= PassedOrder.MaxOrders
            ? count
            : throw new FormatException($"The batch has {count} entries; it must have 1 to {PassedOrder.MaxOrders}.");
    }
}
