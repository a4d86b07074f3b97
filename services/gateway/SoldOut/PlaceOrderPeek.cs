using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.RegularExpressions;
using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Gateway.SoldOut;

/// <summary>
/// Reads the SKU out of a body that the order service would take as an order of one line, and recognises an order in a sale. Anything the
/// service would word a refusal for is not recognised here, so that it gets to word it.
/// </summary>
internal static partial class PlaceOrderPeek
{
    private const int MaxQuantity = 999;

    public static bool TryRead(in ReadOnlySequence<byte> body, [NotNullWhen(true)] out string? sku)
    {
        sku = null;
        try
        {
            var json = new Utf8JsonReader(body);
            return json.Read() && TryReadOrder(ref json, ref sku) && !json.Read() && sku is not null;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // No JSON, or text that is no Unicode: the service says what is wrong with it.
            return false;
        }
    }

    /// <returns>True: a body that the order service would take as an order in a sale.</returns>
    public static bool IsSaleOrder(in ReadOnlySequence<byte> body)
    {
        try
        {
            var json = new Utf8JsonReader(body);
            return json.Read() && TryReadSaleOrder(ref json) && !json.Read();
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool TryReadSaleOrder(ref Utf8JsonReader json)
    {
        var (hasQuantity, hasPayment) = (false, false);
        if (json.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (!hasQuantity && json.ValueTextEquals("quantity"u8))
            {
                hasQuantity = TryReadQuantity(ref json);
                if (!hasQuantity)
                {
                    return false;
                }
            }
            else if (!hasPayment && json.ValueTextEquals("payment"u8))
            {
                hasPayment = TryReadPayment(ref json);
                if (!hasPayment)
                {
                    return false;
                }
            }
            else
            {
                return false;
            }
        }

        return hasQuantity && hasPayment;
    }

    private static bool TryReadQuantity(ref Utf8JsonReader json) =>
        Next(ref json, JsonTokenType.Number) && json.TryGetInt32(out var quantity) && quantity is >= 1 and <= MaxQuantity;

    private static bool TryReadOrder(ref Utf8JsonReader json, ref string? sku)
    {
        var hasPayment = false;
        if (json.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (sku is null && json.ValueTextEquals("items"u8))
            {
                if (!TryReadItems(ref json, ref sku))
                {
                    return false;
                }
            }
            else if (!hasPayment && json.ValueTextEquals("payment"u8))
            {
                if (!TryReadPayment(ref json))
                {
                    return false;
                }

                hasPayment = true;
            }
            else
            {
                return false;
            }
        }

        return hasPayment;
    }

    private static bool TryReadItems(ref Utf8JsonReader json, ref string? sku) =>
        Next(ref json, JsonTokenType.StartArray)
        && Next(ref json, JsonTokenType.StartObject)
        && TryReadLine(ref json, ref sku)
        && Next(ref json, JsonTokenType.EndArray);

    private static bool TryReadLine(ref Utf8JsonReader json, ref string? sku)
    {
        var hasQuantity = false;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (sku is null && json.ValueTextEquals("sku"u8))
            {
                if (!Next(ref json, JsonTokenType.String) || json.GetString() is not { } text || !SkuFormat.IsSku(text))
                {
                    return false;
                }

                sku = text;
            }
            else if (!hasQuantity && json.ValueTextEquals("quantity"u8))
            {
                if (!TryReadQuantity(ref json))
                {
                    return false;
                }

                hasQuantity = true;
            }
            else
            {
                return false;
            }
        }

        return sku is not null && hasQuantity;
    }

    private static bool TryReadPayment(ref Utf8JsonReader json) =>
        Next(ref json, JsonTokenType.StartObject)
        && Next(ref json, JsonTokenType.PropertyName)
        && json.ValueTextEquals("source"u8)
        && Next(ref json, JsonTokenType.String)
        && Source().IsMatch(json.GetString()!)
        && Next(ref json, JsonTokenType.EndObject);

    private static bool Next(ref Utf8JsonReader json, JsonTokenType type) => json.Read() && json.TokenType == type;

    [GeneratedRegex(@"\A[a-zA-Z0-9_]{1,64}\z")]
    private static partial Regex Source();
}
