using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace DaprShop.ServiceDefaults.Json;

/// <summary>
/// A body sent by another service, read with <see cref="ShopJson.Documents"/>: take it as a handler parameter on internal
/// routes and event routes, where a newer sender may add members that a plain parameter would refuse.
/// </summary>
public sealed record Tolerant<T>(T Body)
    where T : class
{
#pragma warning disable CA1000 // Minimal API binding looks for exactly this static member on the parameter's own type.
    public static async ValueTask<Tolerant<T>?> BindAsync(HttpContext context, ParameterInfo parameter)
#pragma warning restore CA1000
    {
        ArgumentNullException.ThrowIfNull(parameter);
        var body = await JsonSerializer.DeserializeAsync<T>(context.Request.Body, ShopJson.Documents, context.RequestAborted);
        return new Tolerant<T>(body ?? throw new JsonException("The JSON value null could not be converted."));
    }
}
