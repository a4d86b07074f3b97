using DaprShop.Provider;

await ProviderHost.Build(WebApplication.CreateBuilder(args)).RunAsync();
