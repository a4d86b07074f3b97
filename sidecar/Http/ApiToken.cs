using System.Security.Cryptography;
using System.Text;

namespace Sidecar.Http;

/// <summary>Asks for the token of DAPR_API_TOKEN and keeps it from travelling on to the app (dapr-contract.md 1.4).</summary>
internal static class ApiToken
{
    public const string Header = "dapr-api-token";

    private static readonly byte[] Refusal = "invalid api token"u8.ToArray();

    public static IApplicationBuilder UseApiToken(this IApplicationBuilder app, string? token)
    {
        if (string.IsNullOrEmpty(token))
        {
            return app;
        }

        var expected = Encoding.UTF8.GetBytes(token);
        return app.Use((context, next) =>
        {
            var given = context.Request.Headers[Header].ToString();
            if (!IsExempt(context.Request) && !Matches(given, expected))
            {
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                context.Response.ContentType = "text/plain; charset=utf-8";
                context.Response.ContentLength = Refusal.Length;
                return context.Response.Body.WriteAsync(Refusal, context.RequestAborted).AsTask();
            }

            context.Request.Headers.Remove(Header);
            return next(context);
        });
    }

    /// <summary>Takes the same time wherever the first difference is.</summary>
    public static bool Matches(string given, ReadOnlySpan<byte> expected) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), expected);

    private static bool IsExempt(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Path.Value is "/v1.0/healthz" or "/v1.0/healthz/outbound";
}
