using DaprShop.ServiceDefaults.Http;
using Microsoft.AspNetCore.Authentication;

namespace DaprShop.Gateway.Authentication;

/// <summary>Registers who may call what.</summary>
internal static class BearerTokens
{
    public const string SignedInPolicy = "signed-in";
    public const string OperatorPolicy = "operator";

    public static void AddBearerTokens(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<TokenOptions>()
            .BindConfiguration("Authentication")
            .ValidateDataAnnotations()
            .ValidateOnStart();
        builder.Services.AddSingleton<SigningKey>();
        builder.Services.AddSingleton<JwksKeys>();
        builder.Services.AddSingleton<KnownTokens>();
        builder.Services.AddSingleton<TokenValidator>();
        builder.Services.AddHttpClient(JwksKeys.Client, client => client.Timeout = TimeSpan.FromSeconds(5));
        if (string.IsNullOrEmpty(builder.Configuration["Authentication:JwksUri"]))
        {
            builder.Services.AddHostedService<SigningKeyLoader>();
        }

        // One line per anonymous request is the request log's business.
        builder.Logging.AddFilter(typeof(BearerHandler).FullName, LogLevel.Warning);
        builder.Services.AddAuthentication(TokenValidator.Scheme)
            .AddScheme<AuthenticationSchemeOptions, BearerHandler>(TokenValidator.Scheme, configureOptions: null);
        builder.Services.AddAuthorizationBuilder()
            .AddPolicy(SignedInPolicy, policy => policy.RequireAuthenticatedUser())
            .AddPolicy(OperatorPolicy, policy => policy.RequireAuthenticatedUser().RequireRole(ShopCaller.Operator));
    }
}
