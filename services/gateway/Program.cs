using DaprShop.Gateway;

await GatewayHost.Build(WebApplication.CreateBuilder(args)).RunAsync();
