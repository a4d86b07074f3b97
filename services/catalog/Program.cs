using DaprShop.Catalog;

await CatalogHost.Build(WebApplication.CreateBuilder(args)).RunAsync();
