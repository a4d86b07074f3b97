using Dapr.Workflow;
using DaprShop.Payment;
using DaprShop.Payment.Payments;
using DaprShop.Payment.Provider;
using DaprShop.Payment.Settlement;
using DaprShop.Payment.Webhooks;
using DaprShop.ServiceDefaults;
using Microsoft.Extensions.Options;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.Services.AddOptions<ProviderOptions>().BindConfiguration("Provider").ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddHttpClient<ProviderClient>((services, http) =>
{
    var options = services.GetRequiredService<IOptions<ProviderOptions>>().Value;
    (http.BaseAddress, http.Timeout) = (options.BaseUrl, options.Timeout);
});
builder.Services.AddTransient<PaymentProcess>();
builder.Services.AddSingleton<SettlementWatch>();
builder.Services.AddSingleton<WebhookSecrets>();
builder.Services.AddDaprWorkflow(options =>
{
    options.RegisterWorkflow<SettlementWorkflow>();
    options.RegisterActivity<SettlePayment>();
});

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapPaymentCommands();
app.MapGetPayment();
app.MapProviderWebhook();
await app.RunAsync();
