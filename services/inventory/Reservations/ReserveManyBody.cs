using System.Buffers;
using System.Text.Json;
using DaprShop.Contracts.Inventory;

namespace DaprShop.Inventory.Reservations;

/// <summary>
/// A <see cref="ReserveMany"/> as it comes in, read in one go by hand: it has the content of hundreds of orders, of which inventory wants the bytes.
/// Unknown members are ignored, because a newer order service may have written them.
/// </summary>
internal sealed record ReserveManyBody(IReadOnlyList<Reserve> Commands)
{
    private const int FirstBuffer = 64 * 1024;

    public static async ValueTask<ReserveManyBody?> BindAsync(HttpContext context)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        try
        {
            var length = 0;
            while (await context.Request.Body.ReadAsync(buffer.AsMemory(length), context.RequestAborted) is var read and > 0)
            {
                length += read;
                if (length == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(length * 2);
                    buffer.CopyTo(larger, 0);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }
            }

            return new ReserveManyBody(Read(buffer.AsSpan(0, length)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Throws <see cref="JsonException"/> when it is no such body.</summary>
    internal static IReadOnlyList<Reserve> Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        Require(reader.Read() && reader.TokenType == JsonTokenType.StartObject, "The body must be a JSON object.");
        List<Reserve>? commands = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("commands"u8))
            {
                commands = ReadCommands(ref reader, json);
            }
            else
            {
                reader.Skip();
            }
        }

        Require(!reader.Read(), "The body must be one JSON object.");
        return commands ?? throw new JsonException("The body has no commands.");
    }

    private static List<Reserve> ReadCommands(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        Require(reader.Read() && reader.TokenType == JsonTokenType.StartArray, "The commands must be a JSON array.");
        var commands = new List<Reserve>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            commands.Add(ReadCommand(ref reader, json));
        }

        return commands;
    }

    private static Reserve ReadCommand(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        Require(reader.TokenType == JsonTokenType.StartObject, "A command must be a JSON object.");
        string? reservationId = null, sku = null;
        int? quantity = null;
        EncodedOrder? order = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("reservationId"u8))
            {
                reservationId = ReadText(ref reader);
            }
            else if (reader.ValueTextEquals("sku"u8))
            {
                sku = ReadText(ref reader);
            }
            else if (reader.ValueTextEquals("quantity"u8))
            {
                quantity = ReadNumber(ref reader);
            }
            else if (reader.ValueTextEquals("order"u8))
            {
                reader.Read();
                order = EncodedOrder.Read(ref reader, json);
            }
            else
            {
                reader.Skip();
            }
        }

        return new Reserve(
            reservationId ?? throw Missing("reservationId"),
            sku ?? throw Missing("sku"),
            quantity ?? throw Missing("quantity"),
            order ?? throw Missing("order"));
    }

    private static string ReadText(ref Utf8JsonReader reader)
    {
        Require(reader.Read() && reader.TokenType == JsonTokenType.String, "A member of a command that must be text is not.");
        return reader.GetString()!;
    }

    private static int ReadNumber(ref Utf8JsonReader reader)
    {
        Require(reader.Read() && reader.TokenType == JsonTokenType.Number, "The quantity of a command must be a number.");
        return reader.TryGetInt32(out var number) ? number : throw new JsonException("The quantity of a command must be a whole number.");
    }

    private static void Require(bool isSo, string message)
    {
        if (!isSo)
        {
            throw new JsonException(message);
        }
    }

    private static JsonException Missing(string member) => new($"A command has no {member}.");
}
