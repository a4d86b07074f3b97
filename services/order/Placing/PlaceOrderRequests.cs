using System.Text.RegularExpressions;
using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Ids;

namespace DaprShop.Order.Placing;

/// <summary>What may be asked for.</summary>
internal static partial class PlaceOrderRequests
{
    public const int MaxLines = 50;
    public const int MaxQuantity = 999;

    /// <summary>Everything that is wrong with the request, by member.</summary>
    public static void Validate(PlaceOrder request, ValidationErrors errors)
    {
        errors.Require(request.Items.Count is >= 1 and <= MaxLines, "items", $"must have 1 to {MaxLines} lines");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < request.Items.Count && index <= MaxLines; index++)
        {
            var line = request.Items[index];
            if (line is null)
            {
                errors.Add($"items[{index}]", "must not be null");
                continue;
            }

            RequireQuantity(line.Quantity, $"items[{index}].quantity", errors);
            if (RequireSku(line.Sku, $"items[{index}].sku", errors))
            {
                errors.Require(seen.Add(line.Sku), $"items[{index}].sku", "is repeated: put the whole quantity into one line");
            }
        }

        Validate(request.Payment, errors);
    }

    public static void Validate(PaymentSource payment, ValidationErrors errors) =>
        errors.Require(Source().IsMatch(payment.Source), "payment.source", "must be a token of the payment provider such as tok_ok");

    public static bool RequireQuantity(int quantity, string member, ValidationErrors errors) =>
        errors.Require(quantity is >= 1 and <= MaxQuantity, member, $"must be a whole number from 1 to {MaxQuantity}");

    public static bool RequireSku(string sku, string member, ValidationErrors errors) =>
        errors.Require(SkuFormat.IsSku(sku), member, "must be a SKU such as SKU-1001");

    [GeneratedRegex(@"\A[a-zA-Z0-9_]{1,64}\z")]
    private static partial Regex Source();
}
